"""What the statute's indicators are called (domain 4.5) and how they are defined, for readers."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.entry import Names

TITLES: Mapping[str, Names] = {
    "first_deadline": {
        "et": "Esmaselt kokkulepitud tähtajaks täidetud tööülesannete osakaal (2.3.1)",
        "en": "Share of tasks completed by the initially agreed deadline (2.3.1)",
        "ru": "Доля заданий, выполненных к первоначально согласованному сроку (2.3.1)",
    },
    "date_agreed": {
        "et": "Kokkulepitud tähtajaga tööülesannete osakaal (2.3.1)",
        "en": "Share of tasks with an agreed deadline (2.3.1)",
        "ru": "Доля заданий с согласованным сроком (2.3.1)",
    },
    "quality": {
        "et": "Kvaliteetselt täidetud tööülesannete osakaal (2.3.2)",
        "en": "Share of tasks completed with quality (2.3.2)",
        "ru": "Доля качественно выполненных заданий (2.3.2)",
    },
    "satisfaction": {
        "et": "Klientide rahulolu täidetud tööülesannetega, keskmine hinne (2.3.3)",
        "en": "Customer satisfaction with completed tasks, mean rating (2.3.3)",
        "ru": "Удовлетворённость клиентов выполненными заданиями, средняя оценка (2.3.3)",
    },
    "satisfied": {
        "et": "Täidetud tööülesannetega rahul olnud klientide osakaal (2.3.3)",
        "en": "Share of customers satisfied with completed tasks (2.3.3)",
        "ru": "Доля клиентов, удовлетворённых выполненными заданиями (2.3.3)",
    },
    "response": {
        "et": "Rahulolu hinnanud klientide osakaal (2.3.3)",
        "en": "Share of customers who gave a rating (2.3.3)",
        "ru": "Доля клиентов, поставивших оценку (2.3.3)",
    },
    "first_tier": {
        "et": "Esmatasandil lahendatud pöördumiste osakaal (2.3.4)",
        "en": "Share of inquiries solved at first level (2.3.4)",
        "ru": "Доля обращений, решённых на первом уровне (2.3.4)",
    },
    "first_tier_created": {
        "et": "Esmatasandil lahendatud pöördumiste osakaal saabumise järgi (2.3.4, kontroll)",
        "en": "Share of inquiries solved at first level, by arrival (2.3.4, cross-check)",
        "ru": "Доля обращений, решённых на первом уровне, по дате поступления (2.3.4, проверка)",
    },
    "calls": {
        "et": "Määratud aja jooksul vastatud kõnede osakaal (2.3.5)",
        "en": "Share of calls answered within the agreed time (2.3.5)",
        "ru": "Доля звонков, на которые ответили в установленное время (2.3.5)",
    },
    "right_team": {
        "et": "Koheselt õigele meeskonnale eskaleeritud pöördumiste osakaal (2.3.6)",
        "en": "Share of inquiries escalated at once to the right team (2.3.6)",
        "ru": "Доля обращений, сразу переданных нужной команде (2.3.6)",
    },
    "bot_routing": {
        "et": "Boti suunatud pöördumised: kohe õigele meeskonnale jõudnute osakaal (2.3.6)",
        "en": "Inquiries routed by the bot: share that came at once to the right team (2.3.6)",
        "ru": "Обращения, направленные ботом: доля сразу попавших нужной команде (2.3.6)",
    },
    "rejected": {
        "et": "Põhjendatult tagasilükatud pöördumiste arv (2.3.6)",
        "en": "Number of justifiably rejected inquiries (2.3.6)",
        "ru": "Число обоснованно возвращённых обращений (2.3.6)",
    },
}

DEFINITIONS: Mapping[str, Names] = {
    "first_deadline": {
        "et": "Lugeja: tööülesanded, mis on täidetud hiljemalt esmaselt kokkulepitud kuupäeva lõpuks või "
        "kellaajaks. Nimetaja: tööülesanded, mille esmane tähtaeg on perioodi sees, ka täitmata. Pikendamine "
        "ja tähtaja eemaldamine esmast tähtaega ei muuda. Pikendatud ja pikendatud tähtajaks täidetud on "
        "näidatud eraldi. Välja jäävad tähtajata tööülesanded.",
        "en": "Numerator: tasks done by the end of the day first agreed, or by its time of day. Denominator: tasks "
        "whose first agreed date is in the period, done or not. To extend or remove the date does not change "
        "the first one; tasks extended, and done by the extended date, are shown beside it. Tasks without a "
        "date are left out.",
        "ru": "Числитель: задания, выполненные не позднее конца первоначально согласованного дня или указанного "
        "времени. Знаменатель: задания, первоначальный срок которых приходится на период, в том числе "
        "невыполненные. Продление и удаление срока первоначальный срок не меняют. Продлённые и выполненные к "
        "продлённому сроку показаны отдельно. Задания без срока не учитываются.",
    },
    "date_agreed": {
        "et": "Lugeja: tööülesanded, mille täitmiseks oli kokku lepitud tähtaeg. Nimetaja: perioodis täidetud "
        "tööülesanded. Näitab, kui suure osa kohta näitaja 2.3.1 kehtib.",
        "en": "Numerator: tasks for which a date had been agreed. Denominator: tasks done in the period. It tells "
        "of how large a part indicator 2.3.1 speaks.",
        "ru": "Числитель: задания, для которых был согласован срок. Знаменатель: задания, выполненные за период. "
        "Показывает, для какой части действует показатель 2.3.1.",
    },
    "quality": {
        "et": "Lugeja: tööülesanded, mis on hinnatud vastavaks, hindamata jätmisel need, mida vaatlusaja jooksul ei "
        "avatud kvaliteedi tõttu uuesti, mille kohta ei ole kinnitatud kaebust ega korduvat pöördumist ja "
        "mille hinne ei ole alla 3. Nimetaja: tööülesanded, mille vaatlusaeg pärast esimest täitmist lõppes "
        "perioodis. Uue küsimuse tõttu avamine ei loe. Põhimäärus kvaliteeti ei määratle: see mõõt on asutuse "
        "kinnitada.",
        "en": "Numerator: tasks assessed as good; where none was assessed, those that were not reopened for their "
        "quality while they were observed, with no confirmed complaint, no repeated inquiry and no rating "
        "below 3. Denominator: tasks whose time of observation after they were first done ended in the "
        "period. Reopening with another matter does not count. The statute does not define quality: this "
        "measure is for the office to confirm.",
        "ru": "Числитель: задания, признанные соответствующими; без такой оценки — те, которые за время наблюдения "
        "не открывались повторно из-за качества, без подтверждённой жалобы, без повторного обращения и без "
        "оценки ниже 3. Знаменатель: задания, время наблюдения которых после первого выполнения закончилось в "
        "периоде. Открытие по другому вопросу не считается. Положение качество не определяет: эту меру "
        "утверждает учреждение.",
    },
    "satisfaction": {
        "et": "Keskmine hinne skaalal 1–5. Arvesse lähevad perioodis suletud tööülesanded, mille hinne saabus "
        "ettenähtud aja jooksul; mitmest hindest loeb viimane. Muu skaala on teisendatud ühtlaselt. Vastamata "
        "jätmine ei ole neutraalne hinne. Alla viie hinde korral tulemust ei näidata.",
        "en": "Mean rating on the scale from 1 to 5, of tasks closed in the period whose rating came within the "
        "time given; of several the last counts. Another scale is mapped evenly. No answer is not a neutral "
        "one. What rests on fewer than five ratings is not shown.",
        "ru": "Средняя оценка по шкале 1–5. Учитываются задания, закрытые за период, оценка которых поступила в "
        "установленное время; из нескольких учитывается последняя. Другая шкала пересчитана равномерно. "
        "Отсутствие ответа не считается нейтральной оценкой. При менее чем пяти оценках результат не показывается.",
    },
    "satisfied": {
        "et": "Lugeja: tööülesanded hindega vähemalt 4 skaalal 1–5. Nimetaja: perioodis suletud ja hinde saanud "
        "tööülesanded. Alla viie hinde korral tulemust ei näidata.",
        "en": "Numerator: tasks rated 4 or better on the scale from 1 to 5. Denominator: tasks closed in the period "
        "that were rated. What rests on fewer than five ratings is not shown.",
        "ru": "Числитель: задания с оценкой не ниже 4 по шкале 1–5. Знаменатель: закрытые за период задания с "
        "оценкой. При менее чем пяти оценках результат не показывается.",
    },
    "response": {
        "et": "Lugeja: hinde saanud tööülesanded. Nimetaja: perioodis suletud tööülesanded, mille kohta hinnangut "
        "küsiti.",
        "en": "Numerator: tasks that were rated. Denominator: tasks closed in the period whose customer was asked.",
        "ru": "Числитель: задания с оценкой. Знаменатель: закрытые за период задания, по которым запрашивалась "
        "оценка.",
    },
    "first_tier": {
        "et": "Lugeja: pöördumised, mis lahendati esmatasandil ja mis enne lahendust II tasemel ei olnud. Nimetaja: "
        "kõik pöördumised, mis said lõpplahenduse perioodis, ka II taseme lahendatud ja lahenduseta suletud. "
        "II tasemelt nõu küsimine esmatasandit ei katkesta. Tagasi suunatud ja I tasemel lahendatud ning "
        "kliendi vastuseta suletud on näidatud eraldi. Piletita telefonil lahendatut näitaja ei näe.",
        "en": "Numerator: inquiries solved at the first level that never were at tier II before. Denominator: all "
        "inquiries whose final solution is in the period, those solved at tier II and those closed unsolved "
        "included. To consult tier II breaks no first level. Those returned and solved at tier I, and those "
        "closed without the customer's answer, are shown beside it. What is solved on the phone without a "
        "ticket is not seen.",
        "ru": "Числитель: обращения, решённые на первом уровне и до решения не бывшие на II уровне. Знаменатель: "
        "все обращения с окончательным решением в периоде, включая решённые на II уровне и закрытые без "
        "решения. Консультация со II уровнем первый уровень не нарушает. Возвращённые и решённые на I уровне, "
        "а также закрытые без ответа клиента показаны отдельно. Решённое по телефону без заявки показателю не "
        "видно.",
    },
    "first_tier_created": {
        "et": "Sama mis 2.3.4, kuid nimetajas on perioodis saabunud pöördumised, mis on praeguseks lahendatud; veel "
        "avatud on loetletud välja jäetutena.",
        "en": "The same as 2.3.4, but of inquiries that came in the period and are done by now; those still open "
        "are listed among what is left out.",
        "ru": "То же, что 2.3.4, но по обращениям, поступившим за период и к настоящему времени решённым; ещё "
        "открытые перечислены среди неучтённых.",
    },
    "calls": {
        "et": "Lugeja: kõned, millele vastati liini teenusleppes määratud aja jooksul. Nimetaja: kõik perioodis "
        "sissetulnud kõned leppes nimetatud liinidele, ka katkestatud. Edasi suunatud kõne on üks kõne. "
        "Andmed tulevad telefonikeskjaamast.",
        "en": "Numerator: calls answered within the time that the service agreement sets for the line. Denominator: "
        "all calls that came in the period on the lines of the agreement, those given up included. A call "
        "that was passed on is one call. The data come from the telephone exchange.",
        "ru": "Числитель: звонки, на которые ответили за время, установленное соглашением для линии. Знаменатель: "
        "все поступившие за период звонки на линии соглашения, включая прерванные. Переведённый звонок — один "
        "звонок. Данные поступают с телефонной станции.",
    },
    "right_team": {
        "et": "Lugeja: pöördumised, mida esimene meeskond põhjendatult tagasi ei lükanud. Nimetaja: pöördumised, "
        "mis anti perioodis esimest korda II taseme meeskonnale ja on lahendatud või mille üleandmisest on "
        "möödas küllalt tööpäevi. Pöördumine loetakse halvaks üks kord. Kinnitamata tagasilükkamine ei loe, "
        "kuid siis on näitaja esialgne. Järgmisse etappi andmine ei ole tagasilükkamine.",
        "en": "Numerator: inquiries that their first team did not send back with reason. Denominator: inquiries "
        "that were first handed to a team of tier II in the period, and are solved or were handed over "
        "working days enough ago. An inquiry is bad once. A rejection nobody has confirmed does not count, "
        "but the figure is provisional then. To hand on to the next stage is no rejection.",
        "ru": "Числитель: обращения, которые первая команда не возвращала обоснованно. Знаменатель: обращения, "
        "впервые переданные команде II уровня за период и решённые либо переданные достаточно рабочих дней "
        "назад. Обращение считается неудачным один раз. Неподтверждённый возврат не считается, но тогда "
        "показатель предварительный. Передача на следующий этап возвратом не является.",
    },
    "bot_routing": {
        "et": "Sama mis 2.3.6 nende pöördumiste kohta, millele meeskonna valis bot.",
        "en": "The same as 2.3.6 of inquiries whose team the bot chose.",
        "ru": "То же, что 2.3.6, по обращениям, для которых команду выбрал бот.",
    },
    "rejected": {
        "et": "Nende perioodis esimest korda eskaleeritud pöördumiste arv, mille esimene meeskond põhjendatult "
        "tagasi lükkas.",
        "en": "The number of inquiries first escalated in the period that their first team sent back with reason.",
        "ru": "Число обращений, впервые переданных за период, которые первая команда обоснованно вернула.",
    },
}
